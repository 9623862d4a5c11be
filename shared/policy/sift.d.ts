/** sift as an ES module: Node finds no names in the package's main file, and bundlers leave out of this one what nobody uses. */
declare module "sift/es/index.js" {
  export * from "sift";
}
