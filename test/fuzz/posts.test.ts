import { fuzzes } from './fuzzes.ts'
import { posts } from './targets/posts.ts'

fuzzes(posts)
