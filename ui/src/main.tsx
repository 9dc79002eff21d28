import { render } from "preact";
import "katex/dist/katex.min.css";
import "./style/index.css";
import { App } from "./view/app";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
