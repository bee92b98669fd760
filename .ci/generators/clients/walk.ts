// What every client does: it walks all contacts, and asks until it is refused; with WALK_ALONE set it walks and does no more. The types are what a generator must offer.

export interface Page {
  data: { id: string; qualificationStatus: string }[];
  nextCursor?: string | null;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
}

export const baseUrl = process.env.OUTBOUND_BASE_URL ?? "";
export const apiKey = process.env.OUTBOUND_API_KEY ?? "";

const PATIENCE = 200;

/** Prints what was seen as a line of JSON. `refusal` asks once: undefined if it was served. */
export async function walk(
  page: (cursor?: string) => Promise<Page>,
  refusal: () => Promise<Problem | undefined>,
): Promise<void> {
  const contacts = new Map<string, string>();
  let cursor: string | null | undefined;
  do {
    const { data, nextCursor } = await page(cursor ?? undefined);
    for (const contact of data) contacts.set(contact.id, contact.qualificationStatus);
    cursor = nextCursor;
  } while (cursor);
  if (process.env.WALK_ALONE) return;
  let problem: Problem | undefined;
  for (let asked = 0; asked < PATIENCE && !problem; asked++) problem = await refusal();
  console.log(JSON.stringify({ contacts: contacts.size, statuses: [...new Set(contacts.values())], problem }));
}
