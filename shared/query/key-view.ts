import type { AccessKey } from "../access/access-key.ts";

/** A key as it is shown: by its public name. */
export const keyView = ({ v: _, hash: __, ...key }: AccessKey) => key;
