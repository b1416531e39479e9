"""The pages: views, templates, TypeScript and styles."""
