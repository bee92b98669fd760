import { Configuration, ContactsApi, IdentityApi, ProblemFromJSON, ResponseError } from "../generated/typescript-fetch";
import { apiKey, baseUrl, walk } from "./walk";

const configuration = new Configuration({ basePath: baseUrl, accessToken: apiKey });
const contacts = new ContactsApi(configuration);
const identity = new IdentityApi(configuration);

await walk(
  (cursor) => contacts.listContacts({ limit: 200, cursor }),
  async () => {
    try {
      await identity.getMe();
      return undefined;
    } catch (error) {
      if (error instanceof ResponseError) return ProblemFromJSON(await error.response.json());
      throw error;
    }
  },
);
