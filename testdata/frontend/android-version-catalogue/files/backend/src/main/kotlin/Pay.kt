object Pay { const val KEY = "{{sk_live@b}}" }
