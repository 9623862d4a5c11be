import { redirectAllowed } from "../../shared/access/source.ts";
import type { HttpEvent } from "../../shared/edge/http-handler.ts";
import { type Answer, page, redirect } from "../../shared/http/answer.ts";
import { badRequest, type ProblemMembers, problemAnswer } from "../../shared/http/problem.ts";
import { formTouchpoint, quarantinedForm } from "../../shared/ingest/form.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { judge, openIntake, sendFacts, takeIn } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import type { Sender } from "../../shared/ingest/sender.ts";
import { bodyBytes, parseBody } from "../../shared/request/body.ts";
import { type FormSubmission, readForm, readJsonForm } from "../../shared/request/form-fields.ts";
import { formErrorPage, thankYouPage } from "../../shared/request/form-page.ts";

const intake = openIntake();

/** `POST /v1/forms/{formId}`: a plain HTML form or JSON; a browser that navigates gets a page, a program JSON. */
export const handler = ingestHandler(
  intake,
  async (event, sender, now) => {
    const bytes = bodyBytes(event);
    const submission = await readSubmission(event, bytes, sender);
    const formId = event.pathParameters?.formId ?? "";
    const delivery = { source: sender.source, route: "forms", scope: formId, now };
    const candidates = [formTouchpoint(submission, formId, sender.source, event)];
    const take = async () => {
      if (!submission.honeypot) return takeIn(intake, candidates, delivery);
      await sendFacts(intake, [quarantinedForm(event, bytes, sender.source, now)]);
      // A bot that filled the honeypot must not learn that it did: it is answered as if it had not.
      return (await judge(intake, candidates, delivery)).receipt;
    };
    const answer = receiptAnswer(await take(), true, sender.headers);
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

async function readSubmission(event: HttpEvent, bytes: Buffer, { source }: Sender): Promise<FormSubmission> {
  const body = await parseBody(bytes, event.headers["content-type"]);
  const options = { fieldMap: source.fieldMap, honeypot: source.honeypots };
  if (body.kind === "form") return readForm(body.fields, options);
  if (
    body.kind === "json" &&
    body.value !== null &&
    typeof body.value === "object" &&
    !Array.isArray(body.value)
  ) {
    return readJsonForm(body.value, options);
  }
  throw badRequest("not_a_form", "", "the body is a form (urlencoded or multipart) or one JSON object");
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
