/**
 * The one authentication context class there is (OpenID Connect Core section 2, `acr`): the person signed in at
 * Microsoft within the last ten minutes. How they did is Microsoft's, and not known here.
 */
export const recentAcr = 'urn:fastify-entra:acr:recent'
