/** Style sheets are gathered into app.css by the build. */
declare module "*.css";
