import { redirectAllowed } from "../../shared/access/source.ts";
import { type HttpEvent, problemOf } from "../../shared/edge/http-handler.ts";
import { type Answer, page, redirect } from "../../shared/http/answer.ts";
import { badRequest } from "../../shared/http/problem.ts";
import { formTouchpoint, quarantinedForm } from "../../shared/ingest/form.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { openIntake, sendFacts, takeIn } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import type { Sender } from "../../shared/ingest/sender.ts";
import { count } from "../../shared/observe/observe.ts";
import { bodyBytes, parseBody } from "../../shared/request/body.ts";
import { type FormSubmission, readForm, readJsonForm } from "../../shared/request/form-fields.ts";
import { formErrorPage, thankYouPage } from "../../shared/request/form-page.ts";

const intake = openIntake();

/** `POST /v1/forms/{formId}`: a plain HTML form or JSON; a browser that navigates gets a page, a program JSON. */
export const handler = ingestHandler(intake, async (event, sender, now) => {
  const navigation = isNavigation(event);
  try {
    const bytes = bodyBytes(event);
    const submission = await readSubmission(event, bytes, sender);
    const formId = event.pathParameters?.formId ?? "";
    if (submission.honeypot) {
      await sendFacts(intake, [quarantinedForm(event, bytes, sender.source, now)]);
      count({ Quarantined: 1 });
      return navigation
        ? thankYou(sender, submission, event)
        : receiptAnswer(decoyReceipt(), false, sender.headers);
    }
    const { item, touchpoint } = formTouchpoint(submission, formId, sender.source, event);
    const receipt = await takeIn(intake, [{ item, touchpoint }], {
      source: sender.source,
      route: "forms",
      scope: formId,
      now,
    });
    if (!navigation) return receiptAnswer(receipt, true, sender.headers);
    const refused = receipt.rejected[0];
    if (refused) throw badRequest(refused.code, refused.field, refused.detail);
    return thankYou(sender, submission, event);
  } catch (error) {
    if (!navigation) throw error;
    return errorPage(error as Error, event);
  }
});

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

function thankYou({ source }: Sender, { redirect: wanted }: FormSubmission, event: HttpEvent): Answer {
  if (wanted && redirectAllowed(source, wanted, event.headers.origin)) return redirect(303, wanted);
  return source.thankYouUrl ? redirect(303, source.thankYouUrl) : page(200, thankYouPage());
}

function errorPage(error: Error, event: HttpEvent): Answer {
  const problem = problemOf(error, event.requestContext.requestId);
  if (problem.status === 500) throw error;
  count({ Refused: 1 });
  const title = problem.status < 500 ? "That did not work" : "Please try again in a moment";
  const headers: Record<string, string> =
    problem.retryAfter === undefined ? {} : { "retry-after": String(problem.retryAfter) };
  return page(
    problem.status,
    formErrorPage({ title, detail: problem.detail, back: event.headers.referer }),
    headers,
  );
}

/** A bot that filled the honeypot must not learn that it did. */
const decoyReceipt = () => ({
  accepted: 1,
  ids: [`${crypto.randomUUID()}.${crypto.randomUUID()}`],
  rejected: [],
});
