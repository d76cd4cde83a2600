import { createApp } from "vue";

import App from "./App.vue";
import "./app.css";

const root = document.getElementById("app");
createApp(App, { url: root.dataset.url }).mount(root);
