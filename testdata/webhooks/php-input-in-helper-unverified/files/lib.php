<?php
function read_input() { return json_decode(file_get_contents('php://input'), true); }
