<?php
// Stripe receipts
class DownloadLink {
  public function isValid(array $query): ?array {
    if (empty($query['signature'])) { return null; }
    $expected = hash_hmac('sha256', $query['file'], getenv('LINK_SECRET'));
    if (!hash_equals($expected, $query['signature'])) { return null; }
    return json_decode(base64_decode($query['file']), true);
  }
}
