/** Cases of which this project has nothing that could be attacked, and why, by id. */
export const notApplicable: Readonly<Record<string, string>> = {}
