import { redirectAllowed } from "../../shared/access/source.ts";
import type { HttpEvent } from "../../shared/edge/http-handler.ts";
import { type Answer, json, page, redirect } from "../../shared/http/answer.ts";
import { type ProblemMembers, problemAnswer } from "../../shared/http/problem.ts";
import {
  filledHoneypot,
  formPageOf,
  formTouchpoint,
  noFieldForEmail,
  quarantinedForm,
  readFormBody,
} from "../../shared/ingest/form.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { judge, openIntake, sendFacts, takeIn } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import type { Sender } from "../../shared/ingest/sender.ts";
import { bodyBytes } from "../../shared/request/body.ts";
import type { FormSubmission } from "../../shared/request/form-fields.ts";
import { formErrorPage, thankYouPage } from "../../shared/request/form-page.ts";
import type { Refusal } from "../../shared/request/refusal.ts";

const intake = openIntake();

/** `POST /v1/forms/{formId}`: a plain HTML form or JSON; a browser that navigates gets a page, a program JSON. */
export const handler = ingestHandler(
  intake,
  async (event, sender, now) => {
    const bytes = bodyBytes(event);
    const { submission, asksForEmail } = await readFormBody(
      bytes,
      event.headers["content-type"],
      sender.source,
    );
    const formId = event.pathParameters?.formId ?? "";
    const delivery = { source: sender.source, route: "forms", scope: formId, now };
    const candidates = [formTouchpoint(submission, formId, sender.source, formPageOf(event))];
    const keep = (refusal: Refusal) =>
      sendFacts(intake, [quarantinedForm(event, bytes, sender.source, refusal, now)]);
    const take = async () => {
      if (!submission.honeypot) return takeIn(intake, candidates, delivery);
      await keep(filledHoneypot);
      // A bot that filled the honeypot must not learn that it did: it is answered as if it had not.
      return (await judge(intake, candidates, delivery)).receipt;
    };
    const { email, anonymous } = submission;
    if (!email && !anonymous && !asksForEmail && !submission.honeypot && !isServersOwn(submission, sender)) {
      // Whoever filled it cannot mend it, so it is kept for whoever can.
      await keep(noFieldForEmail);
      if (isNavigation(event)) return thankYou(sender, submission, event);
      const answer = { accepted: 0, ids: [], rejected: [], quarantined: [{ index: 0, ...noFieldForEmail }] };
      return json(202, answer, sender.headers);
    }
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

/** A server may say who it is by its own ids; of a web page they are anybody's. */
const isServersOwn = ({ user, crm }: FormSubmission, { source }: Sender): boolean =>
  source.type === "server" && (user !== undefined || crm !== undefined);

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
