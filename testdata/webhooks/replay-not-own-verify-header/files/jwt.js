exports.verifyHeader = (h, kind, key) => h.startsWith(kind) && check(h, key)
