import { wakeUpsPerSecond } from "../bench/wakeUps.ts"
for (const n of [1000, 10000, 10000, 100000]) console.log(n, "seed0", wakeUpsPerSecond(n), "seed1", wakeUpsPerSecond(n,{seed:1}))
