/** `npm run build`: compiles every package that changed; installs first where nothing is installed yet. */
import { prepare } from './prepare.mjs';

prepare();
