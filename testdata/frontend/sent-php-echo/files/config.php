<?php
header('Content-Type: application/json');
echo json_encode(['pk' => getenv('STRIPE_PK'), 'sk' => getenv('STRIPE_SECRET_KEY')]);
