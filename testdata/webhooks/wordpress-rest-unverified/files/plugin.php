<?php
add_action('rest_api_init', function () {
  register_rest_route('shop/v1', '/stripe', ['methods' => 'POST', 'callback' => 'shop_stripe_hook', 'permission_callback' => '__return_true']);
});
function shop_stripe_hook(WP_REST_Request $request) {
  $event = $request->get_json_params();
  if ($event['type'] === 'checkout.session.completed') { shop_complete($event['data']['object']); }
  return new WP_REST_Response([], 200);
}
