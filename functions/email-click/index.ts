import { readLinkToken, readPersonToken } from "../../shared/access/token.ts";
import { httpHandler } from "../../shared/edge/http-handler.ts";
import { redirect } from "../../shared/http/answer.ts";
import { notFound, Problem } from "../../shared/http/problem.ts";
import { recordClick } from "../../shared/ingest/click.ts";
import { openIntake } from "../../shared/ingest/intake.ts";
import { failureOf } from "../../shared/observe/failure.ts";
import { count, logger } from "../../shared/observe/observe.ts";

/** A reader waits for the redirect, so the queue gets little time. */
const intake = openIntake({ attempts: 2, timeout: 1_000 });

/** `GET`, `HEAD /c/{link}.{person}`: the reader goes on at once; that the click is lost must not keep anyone waiting. */
export const handler = httpHandler(async (event) => {
  const now = new Date();
  const [linkPart = "", personPart = ""] = (event.pathParameters?.token ?? "").split(".", 2);
  const keys = await intake.secrets.signingKeys().catch((cause: unknown) => {
    // Without the keys a forged link cannot be told from a real one, and forged ones must not redirect.
    throw new Problem({ status: 503, code: "unavailable", detail: "try again", retryAfter: 5 }, { cause });
  });
  const link = readLinkToken(keys, linkPart);
  if (!link) throw notFound("link");
  const identifierId = readPersonToken(keys, personPart);
  if (identifierId) {
    try {
      await recordClick(intake, link, identifierId, event, now);
    } catch (error) {
      count({ ClickLost: 1 });
      logger.error("click lost", { requestId: event.requestContext.requestId, ...failureOf(error) });
    }
  }
  return redirect(302, link.url);
});
