import { Symbolon } from "symbolon";

const symbolon = new Symbolon({ url: process.env.SYMBOLON_URL, service: "library", key: process.env.SYMBOLON_KEY });

/** @param {Request} request */
export async function handle(request) {
  const passed = await symbolon.guard(request);
  if (passed instanceof Response) return passed;
  return new Response(`the books that ${passed.grant.owner} may see`);
}
