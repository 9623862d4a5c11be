import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** The library's arguments are for a place without any security; people's browsers have it. */
const unlikePeople = /web-security|insecure-content|no-pings|single-process|no-zygote/;

/** The Chromium that npm installs, which is there for Linux; elsewhere the machine's own Chrome. */
export const launchBrowser = async (): Promise<Browser> =>
  playwright.launch(
    process.platform === "linux"
      ? {
          executablePath: await chromium.executablePath(),
          args: chromium.args.filter((arg) => !unlikePeople.test(arg)),
        }
      : { channel: "chrome" },
  );
