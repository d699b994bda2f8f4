// The folder of the clone. Scripts may be started from anywhere; nothing here may depend on the current directory.

import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
