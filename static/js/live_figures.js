// Usage and Budgets, kept as they are on the server.

import { Figures, showParts } from "./figures.js";

new Figures("/ws/usage/", location.href, showParts);
