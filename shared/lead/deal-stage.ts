import type { DealStatus } from "./deal.ts";

/** Stages in one's own CRM's words, beside those that everybody uses. */
export interface DealStages {
  wonStages: readonly string[];
  lostStages: readonly string[];
}

/** What Salesforce and HubSpot ship, in the languages that they ship it in, and what people make of it. */
const shipped = {
  won:
    "closedwon won dealwon wonclosed customerwon gewonnen abgeschlossengewonnen abgeschlossenundgewonnen geschlossengewonnen " +
    "geschlossenundgewonnen gagne fermegagne fermeegagnee concluetgagne ganado ganada cerradoganado cerradaganada cierreganado cierreganada " +
    "vinto vinta chiusovinto chiusavinta chiusaconquistata ganho ganha fechadoganho fechadaganha gewonnengesloten geslotengewonnen",
  lost:
    "closedlost lost deallost lostclosed closedlostnodecision verloren abgeschlossenverloren abgeschlossenundverloren geschlossenverloren " +
    "geschlossenundverloren perdu perdue fermeperdu fermeeperdue concluetperdu perdido perdida cerradoperdido cerradaperdida cierreperdido " +
    "cierreperdida perso persa chiusoperso chiusapersa chiusaperduta fechadoperdido fechadaperdida verlorengesloten geslotenverloren",
};

const words = (text: string): Set<string> => new Set(text.split(/\s+/));
const won = words(shipped.won);
const lost = words(shipped.lost);

/** The one spelling of a stage: `Closed - Won`, `closed_won` and `ClosedWon` are one. */
export const foldedStage = (stage: string): string =>
  stage
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]+/gu, "");

/**
 * What a stage means: `open`, unless it is one of the deployment's own or of the usual ones for a deal that has ended. A deployment's own
 * go first, and of those the lost ones. HubSpot's exports write the pipeline behind it, `Closed won (Sales Pipeline)`.
 */
export function statusOfStage(stage: string, { wonStages, lostStages }: DealStages): DealStatus {
  const keys = [stage, stage.replace(/\s*\([^()]*\)\s*$/, "")].map(foldedStage);
  const isOneOf = (stages: readonly string[]) => stages.some((one) => keys.includes(foldedStage(one)));
  if (isOneOf(lostStages)) return "lost";
  if (isOneOf(wonStages)) return "won";
  if (keys.some((key) => lost.has(key))) return "lost";
  return keys.some((key) => won.has(key)) ? "won" : "open";
}
