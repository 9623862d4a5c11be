declare module "dynalite" {
  import type { Server } from "node:http";

  interface Options {
    /** Folder of the LevelDB store; in memory without. */
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }

  export default function dynalite(options?: Options): Server;
}
