import { type LookupAddress, lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import type { DeliveryError } from "../endpoint/endpoint.ts";
import { literalAddress, mayReach, type Reach, urlFault } from "./address.ts";

/** What a receiver answered, or why it did not. */
export type Reply = { status: number } | { error: DeliveryError };

/** Makes one request. Standard Webhooks proposes 15 to 30 seconds for an answer. */
export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<Reply>;

const patience = 15_000;

/** What of an answer is read, so that a receiver can end it in peace; nothing of it is kept. */
const mostRead = 64 * 1024;

/** A name that leads to an address which may not be reached. */
class AddressRefused extends Error {
  readonly code = "address_refused";
}

/** Finds all addresses of a name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const resolveName: Resolve = (hostname) =>
  new Promise((fulfil, reject) =>
    lookup(hostname, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : fulfil(addresses),
    ),
  );

/**
 * Looks a name up for a connection, which is made to the very addresses that were checked: a name that leads elsewhere a moment later
 * changes nothing. One forbidden address among them refuses all.
 */
const guardedLookup =
  (reach: Reach, resolve: Resolve): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname).then(
      (addresses) => {
        const allowed = addresses.length > 0 && addresses.every(({ address }) => mayReach(address, reach));
        if (!allowed) done(new AddressRefused("an address that may not be reached"), "");
        else if (options.all) done(null, addresses);
        else done(null, addresses[0]!.address, addresses[0]!.family);
      },
      (error: NodeJS.ErrnoException) => done(error, ""),
    );
  };

/**
 * Posts to hosts on the Internet and to nowhere else. A redirect is an answer like another: it is not followed. Every request has a
 * connection of its own, since one that is kept was checked for another name.
 */
export const poster =
  (
    reach: Reach,
    { resolve = resolveName, timeout = patience }: { resolve?: Resolve; timeout?: number } = {},
  ): Post =>
  (url, headers, body) =>
    new Promise((fulfil) => {
      const target = new URL(url);
      const address = literalAddress(target);
      if (urlFault(url, reach) !== undefined || (address !== undefined && !mayReach(address, reach)))
        return fulfil({ error: "address_refused" });
      // Once the status has been said, how the rest ends changes nothing.
      let status: number | undefined;
      const ended = (error?: Error) =>
        fulfil(status === undefined ? { error: errorOf(error ?? new Error("no answer")) } : { status });
      const send = target.protocol === "https:" ? requestHttps : requestHttp;
      const request = send(
        target,
        {
          method: "POST",
          agent: false,
          lookup: guardedLookup(reach, resolve),
          signal: AbortSignal.timeout(timeout),
          headers: {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
            "user-agent": "Touchline-Webhooks/1",
            accept: "*/*",
            ...headers,
          },
        },
        (answer) => {
          status = answer.statusCode ?? 0;
          let read = 0;
          answer.on("data", (part: Buffer) => {
            read += part.length;
            if (read > mostRead) answer.destroy();
          });
          answer.on("error", ended);
          answer.on("close", ended);
        },
      );
      request.on("error", ended);
      request.end(body);
    });

const errors: Record<string, DeliveryError> = {
  ABORT_ERR: "timeout",
  ETIMEDOUT: "timeout",
  ENOTFOUND: "name_not_found",
  EAI_AGAIN: "name_not_found",
  ENODATA: "name_not_found",
  address_refused: "address_refused",
  ECONNREFUSED: "connection_refused",
  ECONNRESET: "connection_lost",
  EPIPE: "connection_lost",
};

/** A word for what went wrong: messages of errors name addresses. */
function errorOf(error: NodeJS.ErrnoException): DeliveryError {
  const known = errors[error.code ?? ""];
  if (known) return known;
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME|HTTP_REQUEST/i.test(error.code ?? "")
    ? "certificate"
    : "unreachable";
}
