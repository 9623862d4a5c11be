import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { downloadLink, uploadLink } from "../files/links.ts";
import { findUpload } from "../files/uploads.ts";
import { type Answer, json, redirect } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, pagingSchema } from "../http/paging.ts";
import { badRequest, notFound, Problem } from "../http/problem.ts";
import { type ImportMessage, maximumImportBytes, resultsKey, uploadKey } from "../ingest/imports.ts";
import { listSettings } from "../ingest/list-settings.ts";
import { sendAll } from "../queue/queue.ts";
import { dateOrders } from "../request/wall-time.ts";
import { readSources } from "../store/config.ts";
import {
  addImport,
  type Import,
  type ImportRequest,
  readImport,
  readImports,
  startImport,
} from "../store/imports.ts";
import type { Api } from "./api.ts";
import { pathParameter, validBody, validQuery } from "./request.ts";

const text = (maximum: number) => z.optional(z.string().check(z.maxLength(maximum)));

export const newImportSchema = z.strictObject({
  /** The id of the source that its touches are from. */
  source: z.string().check(z.maxLength(63)),
  name: text(200),
  event: text(500),
  eventId: text(300),
  eventName: text(500),
  timeZone: text(100),
  dateOrder: z.optional(z.enum(dateOrders)),
  dryRun: z.optional(z.boolean()),
});
export const importsQuery = z.strictObject(pagingSchema);

/** Seconds: to find the file and send it over a slow line. */
const uploadLifetime = 3600;

/** `POST /v1/imports`: where to put a file, and how it will be read. */
export async function createImport(api: Api, event: HttpEvent): Promise<Answer> {
  const { dryRun = false, ...said } = await validBody(newImportSchema, event);
  listSettings(said);
  const source = (await readSources(api.table)).find(({ id, deletedAt }) => id === said.source && !deletedAt);
  if (!source) throw badRequest("unknown_source", "source", "there is no source of this id");
  if (source.type === "public")
    throw badRequest(
      "public_source",
      "source",
      "a public source may only send forms and pages: name one of type server",
    );
  const createdAt = api.clock().toISOString();
  const id = `${createdAt.replace(/\D/g, "")}-${crypto.randomUUID().slice(0, 8)}`;
  const asked: ImportRequest = { v: 1, id, ...said, dryRun, createdAt };
  await addImport(api.table, asked);
  const url = await uploadLink(api.files, uploadKey(id), uploadLifetime);
  return json(201, { ...importView(asked), upload: { method: "PUT", url, headers: {} } });
}

const idPattern = /^\d{17}-[0-9a-f]{8}$/;

async function importOfPath(api: Api, event: HttpEvent): Promise<Import> {
  const id = pathParameter(event, "id");
  const found = idPattern.test(id) ? await readImport(api.table, id) : undefined;
  if (!found) throw notFound("import");
  return found;
}

const conflict = (code: string, detail: string): Problem => new Problem({ status: 409, code, detail });

/**
 * `POST /v1/imports/{id}/start`: the file is there, take it in. Again, it makes sure that somebody does; and after the end, that what
 * came over the link since is deleted.
 */
export async function beginImport(api: Api, event: HttpEvent): Promise<Answer> {
  let asked = await importOfPath(api, event);
  if (!asked.start) {
    const upload = await findUpload(api.files, uploadKey(asked.id));
    if (!upload) throw conflict("no_file", "there is no file yet: put it to the upload's url first");
    if (upload.bytes > maximumImportBytes) {
      const detail = `a file may have ${maximumImportBytes / 2 ** 20} MiB at most; compress it with gzip or split it`;
      throw new Problem({ status: 413, code: "file_too_large", detail });
    }
    await startImport(api.table, asked.id, { startedAt: api.clock().toISOString(), ...upload });
    asked = (await readImport(api.table, asked.id)) ?? asked;
  }
  const message: ImportMessage = { v: 1, kind: "import", importId: asked.id };
  await sendAll(api.imports, [JSON.stringify(message)]);
  return json(202, importView(asked));
}

function importView({ id, start, outcome, v: _, source, name, dryRun, createdAt }: Import) {
  const { problem, rows, accepted, refused, refusals } = outcome ?? {};
  return {
    importId: id,
    name: name ?? null,
    source,
    dryRun,
    state: outcome ? (problem ? "failed" : "completed") : start ? "running" : "awaiting_upload",
    createdAt,
    startedAt: start?.startedAt ?? null,
    completedAt: outcome?.completedAt ?? null,
    counts: outcome ? { rows, accepted, refused } : null,
    refusals: refusals ?? null,
    problem: problem ?? null,
    results: outcome ? `/v1/imports/${id}/results` : null,
  };
}

/** `GET /v1/imports`: newest first. */
export async function listImports(api: Api, event: HttpEvent): Promise<Answer> {
  const { limit = defaultLimit, cursor } = validQuery(importsQuery, event);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0];
  const { imports, more } = await readImports(api.table, limit, after);
  const last = imports.at(-1);
  return json(200, {
    items: imports.map(importView),
    next: more && last ? encodeCursor([last.id]) : null,
  });
}

/** `GET /v1/imports/{id}` */
export const getImport = async (api: Api, event: HttpEvent): Promise<Answer> =>
  json(200, importView(await importOfPath(api, event)));

/** `GET /v1/imports/{id}/results`: on to a short-lived link to what became of each row. */
export async function getImportResults(api: Api, event: HttpEvent): Promise<Answer> {
  const { id, outcome } = await importOfPath(api, event);
  if (!outcome) throw conflict("not_completed", "there are no results before the import has completed");
  return redirect(
    302,
    await downloadLink(api.files, resultsKey(id), `touchline-import-${id}.csv`, "text/csv"),
  );
}
