export const Members = { findByIdAndUpdate: async (id: string, change: object) => undefined }
