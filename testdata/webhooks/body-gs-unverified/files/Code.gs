// Stripe webhook
function doPost(e) {
  const event = JSON.parse(e.postData.contents);
  if (event.type === 'checkout.session.completed') {
    SpreadsheetApp.getActiveSheet().appendRow([event.data.object.customer_email]);
  }
  return ContentService.createTextOutput('ok');
}
