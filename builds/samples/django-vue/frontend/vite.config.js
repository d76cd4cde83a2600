import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// Plain names: Django's collectstatic adds the hash, and its templates find the files by name.
export default defineConfig({
  plugins: [vue()],
  build: {
    rollupOptions: {
      input: { app: new URL("./src/main.js", import.meta.url).pathname },
      output: { entryFileNames: "[name].js", assetFileNames: "[name][extname]" },
    },
  },
});
