import "./styles.css";
import "htmx.org";
import { startDataTables } from "./data-table";
import { startKeyboard } from "./keyboard";
import { startLines } from "./lines";
import { startDrawings, startQueryForm } from "./query-form";
import { startSearchBox } from "./search-box";
import { startSourceForm } from "./source-form";
import { startThemeToggle } from "./theme-toggle";

startThemeToggle();
startSearchBox();
startKeyboard();
startLines();
startSourceForm();
startQueryForm();
startDrawings();
startDataTables();
