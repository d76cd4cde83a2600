// What every page does with a script. Without one, forms and links do the same, only with more clicks.
import { runClocks } from "./clocks.js";
import { listenToKeys } from "./keys.js";
import { listenForNews } from "./news.js";
import { askFirst, closeMenus, onlyOnce } from "./forms.js";
import { keepFragmentsHonest, tellTrouble } from "./fragments.js";

document.documentElement.classList.add("js");
runClocks();
listenToKeys();
askFirst();
onlyOnce();
closeMenus();
keepFragmentsHonest();
tellTrouble();
listenForNews(document.body.dataset.news);
