import { defineConfig } from "vite";

// Fixed names: Django's static files add a hash where pages are served in production.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "frontend/static/frontend",
    emptyOutDir: true,
    target: "es2022",
    // What a chunk needs is asked for by itself; hints would name it from the site's root, where static files do not lie.
    modulePreload: false,
    // The chart's library is loaded only where there is a chart.
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      // htmx evaluates scripts of attributes only if a page uses them; ours do not, and their policy forbids it.
      checks: { eval: false },
      input: { app: "frontend/src/app.ts", theme: "frontend/src/theme.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
