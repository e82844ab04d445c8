// An application on Express, whose routes say which of them was picked and with which parameters.
//
// application.mjs ROUTES: prints its port, and listens until its standard input ends. EXPRESS is where the package is.

const { default: express } = await import(process.env.EXPRESS);

const table = JSON.parse(process.argv[2]);
const parameter = /\{(\*?)(\w+)\}/g;

// Express has signs of its own in a pattern; in a literal they are escaped.
const pattern = (path) => path
  .split(parameter)
  .map((part, index) => [part.replace(/[{}()[\]+?!:*\\]/g, "\\$&"), part ? "*" : ":", part][index % 3])
  .join("");

const app = express();
for (const mount of table.mounts) {
  const router = express.Router();
  for (const [method, path] of table.routes) {
    const names = [...path.matchAll(parameter)].map(([, , name]) => name);
    router[method.toLowerCase()](pattern(path), (request, response) => {
      const parameters = names.map((name) => [request.params[name]].flat().join("/"));
      const picked = JSON.stringify({ route: `${method} ${path}`, parameters });
      response.set("x-picked", Buffer.from(picked).toString("hex")).end();
    });
  }
  app.use(mount || "/", router);
}
// What has no route is an answer without a page, and what cannot be decoded is too.
app.use((request, response) => response.status(404).end());
app.use((error, request, response, next) => response.status(error.status ?? 500).end());

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());
