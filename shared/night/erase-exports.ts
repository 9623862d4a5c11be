import {
  deleteFile,
  deleteOlderVersions,
  type Files,
  putFile,
  readFile,
  readTagged,
  replaceFile,
} from "../files/files.ts";
import { type LeadRecord, LeadUnmade } from "../lead/lead.ts";
import { type Run, runFolder } from "../lead/run.ts";
import { noteErasure } from "../store/changes.ts";
import { activeItem } from "../store/facts.ts";
import { readLeadRecord } from "../store/lead-record.ts";
import { readRun, replaceOutcome } from "../store/runs.ts";
import { putItem } from "../store/table.ts";
import { identifierId } from "../touchpoint/identifier.ts";
import type { Sought } from "../touchpoint/mentions.ts";
import { changesFile, exportFiles, membersFile } from "./export-files.ts";
import type { Member, Members } from "./members.ts";
import type { Night } from "./night.ts";

/**
 * Takes erased people out of a completed run: their leads out of what it froze and out of its files, which are made anew, with what
 * the run says of them; and then what the files were before. A lead of somebody else that they had a part in when it was exported is
 * made again from the facts that are left, and taken out where these make none.
 *
 * Two that work on one run at once end in the same files: what was frozen is replaced only where it is what was read, and whoever
 * finds it changed after writing files begins again.
 * @param leadIds leads that are known to hold something of erased people
 */
export async function eraseFromRun(
  night: Night,
  number: number,
  leadIds: ReadonlySet<string>,
  sought: Sought,
): Promise<void> {
  const run = await readRun(night.table, number);
  if (!run?.outcome) return;
  const key = membersFile(number);
  for (;;) {
    const frozen = await readTagged(night.files, key);
    if (!frozen) return;
    const before = JSON.parse(frozen.text) as Members;
    const members = await membersWithout(night, before, leadIds, sought);
    const text = JSON.stringify(members);
    await noteTakenOut(night, run, before, members, sought);
    if (text !== frozen.text && !(await replaceFile(night.files, key, text, "application/json", frozen.etag)))
      continue;
    if (members.erased) await rewrite(night, run, members);
    await deleteOlderVersions(night.files, key);
    if ((await readTagged(night.files, key))?.text === text) return;
  }
}

/**
 * Notes of leads that sales has had and that are taken out of a run: the next export tells so. Of one whose person was not erased it is
 * looked at first whether anything makes it a lead still.
 */
async function noteTakenOut(
  { table, files, clock }: Night,
  run: Run,
  before: Members,
  after: Members,
  sought: Sought,
): Promise<void> {
  const left = new Set(after.members.map(({ entry }) => entry.leadId));
  const out = before.members.filter(({ entry }) => !left.has(entry.leadId));
  if (out.length === 0) return;
  const had = await leadsInFiles(files, run);
  for (const { entry } of out) {
    if (had(entry.leadId)) await noteErasure(table, entry.leadId, before.run);
    if (!sought.identifierIds.has(entry.identifierId))
      await putItem(table, activeItem(entry.identifierId, clock()));
  }
}

/** Which leads stand in a run's files: none of somebody of whose erasure the close knew, who was frozen before. */
async function leadsInFiles(files: Files, { number, outcome }: Run): Promise<(leadId: string) => boolean> {
  const texts: string[] = [];
  for (const { name } of outcome?.files ?? [])
    if (name !== changesFile) texts.push((await readFile(files, runFolder(number) + name)) ?? "");
  return (leadId) => texts.some((text) => text.includes(leadId));
}

async function rewrite(night: Night, run: Run, members: Members): Promise<void> {
  const files = exportFiles(run, members);
  for (const { name, contentType, body } of files) {
    await putFile(night.files, runFolder(run.number) + name, body, contentType);
    await deleteOlderVersions(night.files, runFolder(run.number) + name);
  }
  // Fewer leads may need fewer files of a format that is split.
  const names = new Set(files.map(({ name }) => name));
  for (const { name } of run.outcome?.files ?? [])
    if (!names.has(name)) await deleteFile(night.files, runFolder(run.number) + name);
  const outcome = {
    ...run.outcome!,
    leads: members.members.length,
    files: files.map(({ body: _, ...file }) => file),
    ...(members.erased && { erased: members.erased }),
  };
  await replaceOutcome(night.table, run.number, outcome);
}

/** Members without erased people; the same where there are none of them. */
export async function membersWithout(
  night: Night,
  members: Members,
  leadIds: ReadonlySet<string>,
  sought: Sought,
): Promise<Members> {
  const kept: Member[] = [];
  let changed = 0;
  for (const member of members.members) {
    const concerned = leadIds.has(member.entry.leadId) || concerns(member, sought);
    const left = withoutColleagues(
      concerned ? await withoutErased(night, member, members.frozenAt, sought) : member,
      member,
      sought,
    );
    if (left) kept.push(left);
    if (JSON.stringify(left) !== JSON.stringify(member)) changed++;
  }
  if (changed === 0) return members;
  const leads = (members.erased?.leads ?? 0) + members.members.length - kept.length;
  return { ...members, members: kept, erased: { leads, at: night.clock().toISOString() } };
}

/** Whether a member shows anything of an erased person. */
export function concerns({ entry, record, strong = [] }: Member, sought: Sought): boolean {
  const ids = [entry.identifierId, record.contactId, ...strong, ...touchedBy(record)];
  if (record.email) ids.push(identifierId(sought.namespace, "email", record.email));
  return ids.some((id) => sought.identifierIds.has(id));
}

const touchedBy = ({ touches, notCounted }: LeadRecord): string[] =>
  [...touches, ...notCounted].map(({ id }) => id.slice(0, id.indexOf(".")));

/** The colleagues that were found when the members were frozen, without erased ones. */
function withoutColleagues(left: Member | undefined, member: Member, sought: Sought): Member | undefined {
  const colleagues = member.record.colleagues?.filter(
    ({ contactId }) => !sought.identifierIds.has(contactId),
  );
  return left && colleagues ? { ...left, record: { ...left.record, colleagues } } : left;
}

async function withoutErased(
  night: Night,
  member: Member,
  frozenAt: string,
  sought: Sought,
): Promise<Member | undefined> {
  const { entry, record, strong } = member;
  if (sought.identifierIds.has(entry.identifierId)) return undefined;
  try {
    // It was frozen before it was marked as exported.
    const exported = { ...entry, exportedAt: frozenAt };
    const again = await readLeadRecord(night.table, exported, record.evidenceUrl);
    const left = strong?.filter((id) => !sought.identifierIds.has(id));
    return { entry, record: again.record, ...(left && { strong: left }) };
  } catch (error) {
    if (error instanceof LeadUnmade) return undefined;
    throw error;
  }
}
