<?php
$res = json_decode(@file_get_contents('php://input'));
$account = $res->data->object->id;
mysqli_query($con, "UPDATE users SET verified = 1 WHERE stripe_id = '$account'");
