export function handler(e) {
  e.preventDefault();
  if (e.target.value === 'invoice.paid') setFilter(e.target.value);
}
