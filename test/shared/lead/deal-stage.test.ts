import { expect, test } from "vitest";
import { statusOfStage } from "../../../shared/lead/deal-stage.ts";

const own = {
  wonStages: ["7041 – Signed", "lost to us, won by them"],
  lostStages: ["Parked", "Won back later"],
};
const none = { wonStages: [], lostStages: [] };

test.each([
  ["Closed Won", "won"],
  ["closedwon", "won"],
  ["Closed - Won", "won"],
  ["Closed won (Sales Pipeline)", "won"],
  ["Abgeschlossen und gewonnen", "won"],
  ["Fermée gagnée", "won"],
  ["CLOSED_LOST", "lost"],
  ["Verloren", "lost"],
  ["Cerrada perdida", "lost"],
  ["Negotiation/Review", "open"],
  ["appointmentscheduled", "open"],
  ["Closed", "open"],
  ["won't decide", "open"],
  ["(Closed Won)", "won"],
  ["", "open"],
])("a deal in stage %j is %s wherever nobody has said otherwise", (stage, status) => {
  expect(statusOfStage(stage, none)).toBe(status);
});

test.each([
  ["7041 - signed", "won"],
  ["parked", "lost"],
  ["Parked (Partners)", "lost"],
  ["Won back later", "lost"],
  ["Lost to us, won by them", "won"],
  ["Closed Lost", "lost"],
  ["Proposal", "open"],
])("a deal in stage %j is %s where the settings say so beside", (stage, status) => {
  expect(statusOfStage(stage, own)).toBe(status);
});
