// The account page: what is kept on this device.

import { notifySwitch } from "./notifications.js";

notifySwitch(document.querySelector("[data-notify-switch]"));
