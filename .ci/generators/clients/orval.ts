import { getMe, listContacts } from "../generated/orval/api";
import { walk } from "./walk";

await walk(
  async (cursor) => {
    const answer = await listContacts({ limit: 200, cursor });
    if (answer.status !== 200) throw new Error(answer.data.detail);
    return answer.data;
  },
  async () => {
    const answer = await getMe();
    return answer.status === 429 ? answer.data : undefined;
  },
);
