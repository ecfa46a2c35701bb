from django.urls import URLPattern, path

from scheduling.web.desk import book, bookings, patients, sheet

urlpatterns: list[URLPattern] = [
    path("", sheet.sheet, name="desk_day"),
    path("patients/", patients.find, name="desk_patients"),
    path("patients/new/", patients.new, name="desk_patient_new"),
    path("patients/<uuid:patient>/", patients.one, name="desk_patient"),
    path("patients/<uuid:patient>/edit/", patients.edit, name="desk_patient_edit"),
    path("patients/<uuid:patient>/consent/", patients.consent, name="desk_consent"),
    path("patients/<uuid:patient>/book/", book.book_for, name="desk_book"),
    path("bookings/<uuid:booking>/", bookings.show, name="desk_booking"),
    path("bookings/<uuid:booking>/move/", bookings.move, name="desk_move"),
    path("bookings/<uuid:booking>/cancel/", bookings.cancel_it, name="desk_cancel"),
    path("bookings/<uuid:booking>/undo/", bookings.undo, name="desk_undo"),
]
