// Baseline (a): the web framework alone. Bearer, body and schema are checked, then a constant is answered.
import { serve } from './shell.ts';

await serve(() => 1);
