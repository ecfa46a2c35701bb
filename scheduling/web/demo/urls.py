"""Only in demo mode: what stands in for everybody's mailbox and telephone."""

from django.urls import path

from scheduling.web.demo import views

urlpatterns = [
    path("", views.index, name="demo"),
    path("outbox/", views.outbox, name="demo_outbox"),
    path("outbox/<str:name>/", views.message, name="demo_message"),
]
