import { beginDelivery, deliver, sendAll } from "./delivery.ts";
import { addedFields, type Field, formFields, objectFields } from "./fields.ts";
import { begin, randomId, recall, setConsent } from "./memory.ts";
import { quietly } from "./quietly.ts";

/** What `window.touchline` is to the page. */
interface Touchline {
  /** The person's answer to being known again. Remembered until it is taken back. */
  consent(granted: boolean): void;
  /** Sends a form, or fields by their names, that no `submit` event tells of. */
  send(what: HTMLFormElement | Record<string, unknown>, formId?: string): void;
  /** The same by name: `(window.touchline = window.touchline || []).push(["consent", true])` works before this script has come. */
  push(call: ["consent", boolean] | ["send", HTMLFormElement | Record<string, unknown>, string?]): void;
}

const mark = "data-touchline";
/** The same fields of the same form within this time are one submission: a double click, or a page that submits again by itself. */
const sameFor = 1e4;

function start(script: HTMLScriptElement, early: unknown): void {
  const host = script.src.replace(/\/touchline\.js.*/, "");
  const key = encodeURIComponent(script.getAttribute("data-write-key")!);
  const forms = `${host}/v1/forms/`;
  const place = window as unknown as { touchline: Touchline };
  let latest = { text: "", id: "", at: 0 };
  /** The button that the form is submitted with. */
  let pressed: HTMLElement | null = null;
  /** While we read a form ourselves, nothing is added to what we read. */
  let reading = false;

  const formIdOf = (form: HTMLFormElement | undefined): string =>
    (form && (form.getAttribute(mark) || form.getAttribute("id") || form.getAttribute("name"))) ||
    location.pathname.replace(/^\/|\/$/g, "").replace(/\W+/g, "-") ||
    "home";

  /** The submission's id, and whether it is one that we have met just now. */
  function identify(formId: string, fields: readonly Field[]): { id: string; again: boolean } {
    const text = JSON.stringify([formId, fields]);
    const again = latest.text === text && Date.now() - latest.at < sameFor;
    if (!again) latest = { text, id: randomId(), at: Date.now() };
    return { id: latest.id, again };
  }

  function take(formId: string, fields: readonly Field[], stays: () => boolean): void {
    const { id, again } = identify(formId, fields);
    if (again) return;
    const added = addedFields(fields, id, recall());
    const body = `${new URLSearchParams([...added, ...fields])}`;
    deliver({ id, at: Date.now(), formId, body }, stays);
  }

  function read(form: HTMLFormElement): Field[] {
    reading = true;
    try {
      return formFields(form, pressed);
    } finally {
      reading = false;
    }
  }

  /** Whether the browser, or the page's own script, posts the form to us. */
  function postsToUs(form: HTMLFormElement): boolean {
    const action = document.createElement("a");
    action.href = pressed?.getAttribute("formaction") || form.getAttribute("action") || "";
    return action.href.startsWith(forms);
  }

  // Before the page's own listeners, which may prevent the event, empty the form or end the event's way.
  addEventListener(
    "submit",
    quietly((event: SubmitEvent) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || !form.hasAttribute(mark)) return;
      pressed = event.submitter;
      if (!postsToUs(form)) take(formIdOf(form), read(form), () => event.defaultPrevented);
    }),
    true,
  );

  // A form that comes to us by itself only has our fields added to those that the browser has just read from it.
  addEventListener(
    "formdata",
    quietly((event: FormDataEvent) => {
      const form = event.target as HTMLFormElement;
      if (reading || !form.hasAttribute(mark) || !postsToUs(form)) return;
      const fields: Field[] = [];
      event.formData.forEach((value, name) => {
        fields.push([name, `${value}`]);
      });
      const { id } = identify(formIdOf(form), fields);
      for (const [name, value] of addedFields(fields, id, recall())) event.formData.append(name, value);
    }),
    true,
  );

  const touchline: Touchline = {
    consent: quietly((granted: boolean) => {
      setConsent(granted);
      sendAll();
    }),
    send: quietly((what: HTMLFormElement | Record<string, unknown>, formId?: string) => {
      pressed = null;
      const [form, fields] =
        what instanceof HTMLFormElement ? [what, read(what)] : [undefined, objectFields(what)];
      take(formId || formIdOf(form), fields, () => true);
    }),
    push: quietly(([name, ...given]) => (touchline[name] as (...given: unknown[]) => void)(...given)),
  };
  place.touchline = touchline;
  begin(script.getAttribute("data-consent") ?? undefined);
  beginDelivery((formId) => `${forms}${encodeURIComponent(formId.slice(0, 200))}?writeKey=${key}`);
  if (Array.isArray(early)) for (const call of early) touchline.push(call);
}

quietly(() => {
  const script =
    (document.currentScript as HTMLScriptElement | null) ||
    document.querySelector<HTMLScriptElement>("script[data-write-key]");
  const early = (window as unknown as { touchline?: Partial<Touchline> }).touchline;
  // The script may stand in a page twice.
  if (!script || early?.send) return;
  if (script.getAttribute("data-write-key")) start(script, early);
  else console.warn("touchline.js: data-write-key is missing");
})();
