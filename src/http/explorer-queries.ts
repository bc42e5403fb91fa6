import { defaultWorkspaceId } from '../domain/access.ts'

/** The queries that both explorers open with. They work on an empty library and on a full one. */
export const firstQuery = `# Welcome to Wordloom.
#
# This query shows your first bookshelves with
# their books. Run it with the button or with
# Ctrl+Enter. The mutation below creates a first
# bookshelf: choose it in the menu of the button.

query Library {
  workspace {
    name
  }
  bookshelves(first: 5) {
    totalCount
    nodes {
      id
      name
      books(first: 5) {
        nodes {
          id
          title
          status
        }
      }
    }
  }
}

mutation FirstBookshelf {
  createBookshelf(input: { name: "Reading" }) {
    ... on CreateBookshelfSuccess {
      bookshelf {
        id
        name
      }
    }
    ... on Failure {
      message
    }
  }
}
`

const write = `# Put the IDs from the answers into the variables below.

mutation CreateBook($bookshelfId: ID!) {
  createBook(input: { bookshelfId: $bookshelfId, title: "Faust" }) {
    ... on CreateBookSuccess {
      book {
        id
        title
      }
    }
    ... on Failure {
      message
    }
  }
}

mutation CreateBlocks($bookId: ID!) {
  createBlocks(
    input: { bookId: $bookId, blocks: [{ kind: HEADING, content: "Night" }, { content: "Alas, I have studied" }] }
  ) {
    ... on CreateBlocksSuccess {
      results {
        ... on CreateBlockSuccess {
          block {
            id
            content
          }
        }
        ... on Failure {
          message
        }
      }
    }
    ... on Failure {
      message
    }
  }
}

query ReadBook($bookId: ID!) {
  book(id: $bookId) {
    title
    cover {
      url
      thumbnailUrl
    }
    blocks {
      nodes {
        id
        content
        revision
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
`

const find = `query Search {
  search(query: "faust") {
    nodes {
      excerpt {
        text
        highlighted
      }
      item {
        __typename
        ... on Node {
          id
        }
      }
    }
  }
}

# Also by pinyin and with typos.
query FindTags {
  searchTags(query: "tianwen") {
    reason
    tag {
      id
      name
      usageCount
    }
  }
}

mutation CreateTag {
  createTag(input: { name: "Astronomy 天文", icon: "telescope" }) {
    ... on CreateTagSuccess {
      tag {
        id
        name
      }
    }
    ... on Failure {
      message
    }
  }
}
`

const trash = `# What was deleted can be restored for 30 days.

query Trash {
  trash(first: 10) {
    totalCount
    nodes {
      name
      purgeAfter
      item {
        __typename
        ... on Node {
          id
        }
      }
    }
  }
}

mutation Restore($itemId: ID!) {
  restoreItem(input: { itemId: $itemId }) {
    ... on RestoreItemSuccess {
      __typename
    }
    ... on Failure {
      message
    }
  }
}
`

const storage = `query Storage {
  workspace {
    id
    name
    storage {
      usedBytes
      limitBytes
    }
  }
}

# Other workspaces: put the ID into the header
# X-Workspace-Id below.
query Workspaces {
  workspaces {
    nodes {
      id
      name
    }
  }
}
`

/** The workspace that requests use without the header, so that its place is there to change. */
export const firstHeaders = JSON.stringify({ 'X-Workspace-Id': defaultWorkspaceId }, undefined, 2)

const placeFor = (name: string) => JSON.stringify({ [name]: '' }, undefined, 2)

/** The tabs of GraphiQL, one for each main task. */
export const tabs = [
  { query: firstQuery, headers: firstHeaders },
  { query: write, headers: firstHeaders, variables: placeFor('bookshelfId') },
  { query: find, headers: firstHeaders },
  { query: trash, headers: firstHeaders, variables: placeFor('itemId') },
  { query: storage, headers: firstHeaders },
]
