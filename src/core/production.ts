/**
 * Whether this process is a production server: `NODE_ENV` is `production`.
 *
 * The one place where the environment is read. It is no option, since an
 * option could lift what must not be lifted: the simulator is a way in for
 * anybody, and stays shut in production whatever the options say.
 */
export function isProduction (): boolean {
  return process.env.NODE_ENV === 'production'
}
