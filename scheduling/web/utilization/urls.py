from django.urls import URLPattern, path

from scheduling.web.utilization import files, pages

urlpatterns: list[URLPattern] = [
    path("numbers/", pages.own, name="own_numbers"),
    path("numbers/meaning/", pages.definitions, name="utilization_words"),
    path("office/utilization/", pages.report, name="utilization"),
    path("office/utilization/report.csv", files.report, name="utilization_csv"),
    path("office/utilization/rows/", files.rows, name="utilization_rows"),
]
