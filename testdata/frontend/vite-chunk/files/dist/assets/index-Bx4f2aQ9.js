(function(){var e="{{sk_live}}";fetch("/x",{headers:{a:e}})})();
