// The program that `pulumi up` runs where Pulumi's own host of Node.js programs is installed.
import { declare } from "./pulling";

export = declare();
