"use strict";
const stripe = require("stripe")("{{sk_live}}");
require("express")().listen(3000);
