import express from "express";
import { symbolon } from "symbolon/express";

export const app = express();
app.enable("case sensitive routing").enable("strict routing");
app.use(symbolon({ url: process.env.SYMBOLON_URL, service: "library", key: process.env.SYMBOLON_KEY }));

app.get("/books", (req, res) => {
  res.send(`the books that ${req.symbolon.owner} may see`);
});
