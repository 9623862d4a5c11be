import { redirectAllowed } from "../../shared/access/source.ts";
import type { HttpEvent } from "../../shared/edge/http-handler.ts";
import { type Answer, page, redirect } from "../../shared/http/answer.ts";
import { type ProblemMembers, problemAnswer } from "../../shared/http/problem.ts";
import { takeForm } from "../../shared/ingest/form.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { openIntake } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import type { Sender } from "../../shared/ingest/sender.ts";
import type { FormSubmission } from "../../shared/request/form-fields.ts";
import { formErrorPage, thankYouPage } from "../../shared/request/form-page.ts";

const intake = openIntake();

/** `POST /v1/forms/{formId}`: a plain HTML form or JSON; a browser that navigates gets a page, a program JSON. */
export const handler = ingestHandler(
  intake,
  async (event, sender, now) => {
    const { submission, receipt } = await takeForm(intake, event, sender, now);
    const answer = receiptAnswer(receipt, true, sender.headers);
    return isNavigation(event) ? thankYou(sender, submission, event) : answer;
  },
  (event, problem) => (isNavigation(event) ? errorPage(event, problem) : problemAnswer(problem)),
);

/** Whether a browser is on its way to show the answer, rather than a script to read it. */
function isNavigation({ headers }: HttpEvent): boolean {
  if (headers["sec-fetch-mode"]) return headers["sec-fetch-mode"] === "navigate";
  const html = (headers.accept ?? "").includes("text/html");
  return html && !(headers["content-type"] ?? "").includes("json");
}

function thankYou({ source }: Sender, submission: FormSubmission, { headers }: HttpEvent): Answer {
  const wanted = submission.redirect && URL.parse(submission.redirect, headers.origin)?.href;
  if (wanted && redirectAllowed(source, wanted, headers.origin)) return redirect(303, wanted);
  return source.thankYouUrl ? redirect(303, source.thankYouUrl) : page(200, thankYouPage());
}

function errorPage({ headers }: HttpEvent, { status, detail, retryAfter }: ProblemMembers): Answer {
  const title = status < 500 ? "That did not work" : "Please try again in a moment";
  const html = formErrorPage({ title, detail, back: headers.referer });
  return page(status, html, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
}
