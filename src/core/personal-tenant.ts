/**
 * The tenant of all personal Microsoft accounts, and nothing else tells them
 * apart: a personal account invited to an organisation has that organisation's `tid`.
 */
export const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
